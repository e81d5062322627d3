//! From a name or a table of settings to a synthesizer.

macro_rules! synthesizers {
    ($($name:literal => $variant:ident($config:ty): $about:literal,)*) => {
        /// The settings of one synthesizer of the list.
        #[derive(Debug, Clone, PartialEq)]
        pub enum SynthConfig {
            $(#[doc = $about] $variant($config),)*
        }

        impl SynthConfig {
            /// The names of all synthesizers.
            pub const NAMES: &[&str] = &[$($name),*];

            /// The default settings of the synthesizer with this name.
            ///
            /// # Errors
            /// If there is none.
            pub fn named(name: &str) -> Result<Self, crate::models::ConfigError> {
                Self::from_table(name, toml::Table::new())
            }

            /// The settings in a table, unset keys by default.
            ///
            /// # Errors
            /// If there is no such synthesizer, or a key is unknown or has a wrong type.
            pub fn from_table(
                name: &str,
                table: toml::Table,
            ) -> Result<Self, crate::models::ConfigError> {
                match name {
                    $($name => Ok(Self::$variant(crate::models::from_table($name, table)?)),)*
                    _ => Err(crate::models::ConfigError::UnknownSynthesizer {
                        name: name.to_owned(),
                        nearest: crate::models::nearest(name, Self::NAMES.iter().copied()),
                    }),
                }
            }

            /// The settings as a table, every key included.
            pub fn to_table(&self) -> toml::Table {
                let mut table = match self {
                    $(Self::$variant(config) => toml::Table::try_from(config)
                        .expect("settings are plain values"),)*
                };
                crate::models::shorten(&mut table);
                table
            }

            /// The synthesizer's name.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$variant(_) => $name,)* }
            }

            /// One line about the synthesizer.
            pub fn about(&self) -> &'static str {
                match self { $(Self::$variant(_) => $about,)* }
            }

            /// Fits the synthesizer.
            ///
            /// # Errors
            /// As [`Synthesize::fit`](crate::synth::Synthesize::fit).
            pub fn fit(
                &self,
                real: &crate::data::Dataset,
                run: &crate::recommend::Run<'_>,
            ) -> Result<Box<dyn crate::synth::Fitted>, crate::synth::SynthError> {
                match self {
                    $(Self::$variant(config) => crate::synth::folded::fit(config, real, run),)*
                }
            }

            /// The fitted synthesizer from its weights.
            ///
            /// # Errors
            /// As [`Weights::from_weights`](crate::recommend::Weights::from_weights).
            pub fn load(
                &self,
                weights: &crate::recommend::NamedTensors,
            ) -> Result<Box<dyn crate::synth::Fitted>, crate::recommend::WeightsError> {
                match self {
                    $(Self::$variant(_) => crate::synth::folded::load::<
                        <$config as crate::synth::Synthesize>::Model,
                    >(weights),)*
                }
            }
        }
    };
}
