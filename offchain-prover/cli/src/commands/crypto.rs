//! `crypto`: the protocol's primitives for tools and tests. Each command prints the bare result.

use anyhow::{Context, Result, bail};
use clearproof_primitives::{
    babyjubjub::{Point, PublicKey},
    eddsa::{SecretKey, Signature},
    field::{Fr, from_decimal, to_decimal},
    poseidon::hash,
};

/// Subcommands of `crypto`.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Poseidon of 1 to 5 or 14 field elements.
    Poseidon {
        /// Decimal field elements.
        #[arg(required = true)]
        inputs: Vec<String>,
    },
    /// Public key of a 32-byte secret: prints x and y.
    Pubkey {
        /// Secret, 64 hexadecimal digits.
        secret: String,
    },
    /// Signs a field element: prints R8x, R8y and S.
    EddsaSign {
        /// Secret, 64 hexadecimal digits.
        secret: String,
        /// Message, decimal.
        message: String,
    },
    /// Verifies a signature: prints true or false; a malformed key or signature is an error.
    EddsaVerify {
        /// Key's x.
        ax: String,
        /// Key's y.
        ay: String,
        /// Signature's R8x.
        r8x: String,
        /// Signature's R8y.
        r8y: String,
        /// Signature's S.
        s: String,
        /// Message.
        message: String,
    },
}

fn element(name: &str, text: &str) -> Result<Fr> {
    from_decimal(text).with_context(|| format!("{name}: {text:.80}"))
}

fn secret(text: &str) -> Result<SecretKey> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text.trim_start_matches("0x"), &mut bytes)
        .context("secret: must be 64 hexadecimal digits")?;
    Ok(SecretKey::new(bytes))
}

pub fn run(command: Command) -> Result<()> {
    match command {
        Command::Poseidon { inputs } => {
            let elements = inputs
                .iter()
                .enumerate()
                .map(|(i, t)| element(&format!("input {i}"), t))
                .collect::<Result<Vec<_>>>()?;
            println!("{}", to_decimal(&poseidon(&elements)?));
        }
        Command::Pubkey { secret: text } => {
            let key = secret(&text)?.public_key();
            let point = key.point();
            println!("{} {}", to_decimal(&point.x), to_decimal(&point.y));
        }
        Command::EddsaSign {
            secret: text,
            message,
        } => {
            let signature = secret(&text)?.sign(element("message", &message)?);
            let (r8, s) = (signature.r8, signature.s_as_field());
            println!(
                "{} {} {}",
                to_decimal(&r8.x),
                to_decimal(&r8.y),
                to_decimal(&s)
            );
        }
        Command::EddsaVerify {
            ax,
            ay,
            r8x,
            r8y,
            s,
            message,
        } => {
            let key = PublicKey::new(Point {
                x: element("ax", &ax)?,
                y: element("ay", &ay)?,
            })?;
            let r8 = Point {
                x: element("r8x", &r8x)?,
                y: element("r8y", &r8y)?,
            };
            let signature = Signature::new(r8, element("s", &s)?)?;
            println!(
                "{}",
                key.verify(element("message", &message)?, &signature)
                    .is_ok()
            );
        }
    }
    Ok(())
}

fn poseidon(inputs: &[Fr]) -> Result<Fr> {
    fn of<const N: usize>(inputs: &[Fr]) -> Result<[Fr; N]> {
        <[Fr; N]>::try_from(inputs).map_err(|_| anyhow::anyhow!("inputs: wrong number"))
    }
    Ok(match inputs.len() {
        1 => hash(&of::<1>(inputs)?),
        2 => hash(&of::<2>(inputs)?),
        3 => hash(&of::<3>(inputs)?),
        4 => hash(&of::<4>(inputs)?),
        5 => hash(&of::<5>(inputs)?),
        14 => hash(&of::<14>(inputs)?),
        n => bail!("inputs: {n} given, but Poseidon takes 1 to 5 or 14 here"),
    })
}
