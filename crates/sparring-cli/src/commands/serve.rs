//! `sparring serve`: recommendations in real time over HTTP.

use std::cell::Cell;
use std::path::Path;

use sparring::experiment::Audience;
use sparring_server::store::DatabaseAddress;
use sparring_server::{ExportFormat, Import, Limits, Options, Reads, Retrain, Tls};

use super::load;
use crate::cli::{Reading, Serve};
use crate::context::Context;
use crate::failure::WrongUse;

/// Serves until Ctrl-C.
pub(crate) fn run(context: &Context, args: &Serve) -> anyhow::Result<()> {
    if let Some(file) = &args.export {
        return export(context, args, file);
    }
    let Some(model) = &args.model else {
        return Err(WrongUse {
            finding: "there is no model to serve".to_owned(),
            hint: "name one with --model; `sparring train --out` makes one",
        }
        .into());
    };
    in_small_pages();
    let import = match &args.import {
        Some(log) => Some(load::log(context, log, &Reading::lenient(None, &[]))?),
        None => None,
    };
    let given = |key: &Option<String>| key.clone().filter(|key| !key.is_empty());
    let options = Options {
        model: model.clone(),
        shelf: args.models.clone(),
        reports: args.board.iter().chain(&args.reports).cloned().collect(),
        pictures: args.pictures.clone(),
        data: args.data_dir.clone(),
        database: database(args),
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
        retrain: Retrain {
            every: args.retrain_every,
            after: args.retrain_after,
        },
        tls: args.tls_cert.clone().zip(args.tls_key.clone()).map(|pair| {
            let (certificate, key) = pair;
            Tls { certificate, key }
        }),
    };
    let scheme = if options.tls.is_some() {
        "https"
    } else {
        "http"
    };
    let listened = Cell::new(false);
    let listening = |address| {
        listened.set(true);
        context.bars.clear();
        context
            .out
            .note(format!("listening at {scheme}://{address}"));
    };
    let import = import.map(|data| {
        context.bars.stage("storing the log");
        let observer = &context.bars;
        Import { data, observer }
    });
    let served = sparring_server::run(options, import, listening, || context.cancel.is_requested());
    context.bars.clear();
    served?;
    if !listened.get() {
        let text = "stopped before all of the log was stored; the same command goes on with it";
        context.out.note(text);
    }
    Ok(())
}

/// Memory in pages of 4 KiB from here on: a server keeps much and frees little by little, and of each page of 2 MiB a
/// part would be empty, a sixth of all with 100 million events.
#[cfg(target_os = "linux")]
fn in_small_pages() {
    if let Err(error) = nix::sys::prctl::set_thp_disable(true) {
        tracing::debug!("large pages stay in use: {error}");
    }
}

#[cfg(not(target_os = "linux"))]
fn in_small_pages() {}

/// The database elsewhere, if one was named; an empty variable names none.
fn database(args: &Serve) -> Option<DatabaseAddress> {
    let url = args.database.clone().filter(|url| !url.is_empty())?;
    let authority = args.database_ca.clone();
    Some(DatabaseAddress { url, authority })
}

/// Writes all stored events and serves nothing.
fn export(context: &Context, args: &Serve, file: &Path) -> anyhow::Result<()> {
    let format = ExportFormat::of(file).ok_or_else(|| WrongUse {
        finding: format!("--export {}: neither .csv nor .parquet", file.display()),
        hint: "end the name of the file with one of them",
    })?;
    let count =
        sparring_server::export_to((&args.data_dir, database(args).as_ref()), file, format)?;
    let place = file.display();
    context
        .out
        .line(format!("{count} events written to {place}"));
    context
        .out
        .json(&serde_json::json!({ "events": count, "out": file }))
}
