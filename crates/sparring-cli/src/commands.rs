//! One file a command.

pub(crate) mod about;
pub(crate) mod audit;
pub(crate) mod augment;
pub(crate) mod compare;
pub(crate) mod data;
pub(crate) mod doctor;
pub(crate) mod evaluate;
pub(crate) mod fidelity;
pub(crate) mod image;
pub(crate) mod imagine;
pub(crate) mod load;
pub(crate) mod models;
pub(crate) mod plant;
pub(crate) mod playground;
pub(crate) mod predict;
pub(crate) mod privacy;
pub(crate) mod recommend;
pub(crate) mod release;
pub(crate) mod robustness;
pub(crate) mod serve;
pub(crate) mod simulate;
pub(crate) mod synthesize;
pub(crate) mod train;
pub(crate) mod tune;
