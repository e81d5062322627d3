//! `sparring models`: the models, or the settings of one.

use sparring::models::{Family, ModelConfig};

use crate::cli::Models;
use crate::context::Context;

/// Lists the models, or shows all settings of one as TOML.
pub(crate) fn run(context: &Context, args: &Models) -> anyhow::Result<()> {
    if let Some(name) = &args.name {
        let config = context.config.model(name)?;
        let table = toml::to_string(&config.to_table())?;
        context.out.line(format!(
            "# {}\n[model.{name}]\n{}",
            config.about(),
            table.trim_end()
        ));
        return context.out.json(&config.to_table());
    }
    let mut list = Vec::new();
    for name in ModelConfig::NAMES {
        let config = ModelConfig::named(name)?;
        let family = match config.family() {
            Family::Baseline => "baseline",
            Family::Adversarial => "adversarial",
        };
        context
            .out
            .line(format!("{name:<10} {family:<12} {}", config.about()));
        list.push(serde_json::json!({ "model": name, "family": family, "about": config.about() }));
    }
    context.out.json(&list)
}
