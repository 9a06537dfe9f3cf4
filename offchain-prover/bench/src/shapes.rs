//! Shapes by their names on the command line.

use clap::ValueEnum;
use clearproof_primitives::shape::Shape;

/// Shapes that have a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ShapeName {
    /// The protocol's reference shape.
    Reference,
    /// Few and small steps on the reference market.
    Small,
    /// The smallest shape, for tests without a chain.
    Tiny,
}

impl ShapeName {
    /// The shape.
    pub fn shape(self) -> Shape {
        match self {
            Self::Reference => Shape::REFERENCE,
            Self::Small => Shape::SMALL,
            Self::Tiny => Shape::TINY,
        }
    }

    /// Its name in file names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reference => "reference",
            Self::Small => "small",
            Self::Tiny => "tiny",
        }
    }
}
