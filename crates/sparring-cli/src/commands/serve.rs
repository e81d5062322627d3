//! `sparring serve`: recommendations in real time over HTTP.

use sparring_server::{Limits, Options, Reads};

use super::load;
use crate::cli::{Reading, Serve};
use crate::context::Context;

/// Serves until Ctrl-C.
pub(crate) fn run(context: &Context, args: &Serve) -> anyhow::Result<()> {
    let import = match &args.import {
        Some(log) => Some(load::log(context, log, &Reading::lenient(None))?),
        None => None,
    };
    let given = |key: &Option<String>| key.clone().filter(|key| !key.is_empty());
    let options = Options {
        model: args.model.clone(),
        shelf: args.models.clone(),
        reports: args.board.iter().chain(&args.reports).cloned().collect(),
        data: args.data_dir.clone(),
        host: args.host,
        port: args.port,
        limits: Limits {
            api_key: given(&args.api_key),
            admin_key: given(&args.admin_key),
            rate: args.rate_limit,
            ..Limits::default()
        },
        reads: Reads(args.read_types.clone()),
        threads: rayon::current_num_threads(),
    };
    let listening = |address| {
        context.out.note(format!("listening at http://{address}"));
    };
    sparring_server::run(options, import, listening, || context.cancel.is_requested())?;
    Ok(())
}
