//! `sparring models`: the models and synthesizers, or the settings of one.

use sparring::models::{Family, ModelConfig};
use sparring::synth::SynthConfig;

use crate::cli::Models;
use crate::context::Context;

/// Lists them, or shows all settings of one as TOML.
pub(crate) fn run(context: &Context, args: &Models) -> anyhow::Result<()> {
    if let Some(name) = &args.name {
        if SynthConfig::NAMES.contains(&name.as_str()) {
            let config = context.config.synth(name)?;
            return show(
                context,
                config.about(),
                &format!("synth.{name}"),
                &config.to_table(),
            );
        }
        let config = context.config.model(name)?;
        return show(
            context,
            config.about(),
            &format!("model.{name}"),
            &config.to_table(),
        );
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
            .line(format!("{name:<11} {family:<12} {}", config.about()));
        list.push(serde_json::json!({ "model": name, "family": family, "about": config.about() }));
    }
    for name in SynthConfig::NAMES {
        let (family, about) = ("synthesizer", SynthConfig::named(name)?.about());
        context.out.line(format!("{name:<11} {family:<12} {about}"));
        list.push(serde_json::json!({ "model": name, "family": family, "about": about }));
    }
    context.out.json(&list)
}

/// All settings of one model.
fn show(context: &Context, about: &str, key: &str, settings: &toml::Table) -> anyhow::Result<()> {
    let table = toml::to_string(settings)?;
    let text = format!("# {about}\n[{key}]\n{}", table.trim_end());
    context.out.line(text.trim_end());
    context.out.json(settings)
}
