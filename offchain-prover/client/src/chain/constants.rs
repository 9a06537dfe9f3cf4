//! Constants of the runtime, read from its metadata: nothing that the runtime knows is written a
//! second time here.

use super::{ANSWER_TIMEOUT, Chain, ChainError};
use clearproof_primitives::time::Millis;
use codec::Decode;
use subxt::{
    Metadata,
    dynamic::Value,
    ext::{scale_decode::DecodeAsType, scale_value::scale::encode_as_type},
    metadata::PalletMetadata,
};

/// Name of the track that decides on risk parameters.
const RISK_TRACK: &str = "risk_parameters";
/// Pallet and name of that track's origin.
const RISK_ADMIN: (&str, &str) = ("Origins", "RiskAdmin");

/// Constants of the runtime that clients need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Constants {
    /// Time from one block to the next, milliseconds.
    pub block_ms: Millis,
    /// Time from one snapshot to the next, milliseconds.
    pub snapshot_interval_ms: Millis,
    /// Time after the next snapshot for which auctions may still use the last one, milliseconds.
    pub snapshot_grace_ms: Millis,
    /// The track of referenda that decides on risk parameters.
    pub risk_track: RiskTrack,
}

/// The track of referenda that decides on risk parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RiskTrack {
    /// Its number.
    pub id: u16,
    /// The origin that its referenda ask for, encoded: index of the pallet, index of the origin.
    pub origin: [u8; 2],
}

impl Constants {
    /// Reads the constants from a runtime's metadata.
    pub(super) fn read(metadata: &Metadata) -> Result<Self, ChainError> {
        let block_ms: Millis = constant(metadata, "Babe", "ExpectedBlockTime")?;
        let blocks: u32 = constant(metadata, "MarketData", "SnapshotInterval")?;
        Ok(Self {
            block_ms,
            snapshot_interval_ms: block_ms.saturating_mul(blocks.into()),
            snapshot_grace_ms: constant(metadata, "Settlement", "SnapshotGrace")?,
            risk_track: RiskTrack {
                id: risk_track(metadata)?,
                origin: risk_origin(metadata)?,
            },
        })
    }

    /// Reads the constants from metadata as a runtime returns it, with its prefix.
    ///
    /// # Errors
    /// [`ChainError::Missing`] if the bytes are no metadata, or a constant is not there.
    pub fn from_bytes(metadata: &[u8]) -> Result<Self, ChainError> {
        let metadata = Metadata::decode_from(metadata);
        let metadata =
            metadata.map_err(|error| ChainError::Missing(format!("metadata: {error}")))?;
        Self::read(&metadata)
    }
}

impl Chain {
    /// Returns the constants of the runtime at the last final block.
    ///
    /// # Errors
    /// As [`Chain::venue`]; and [`ChainError::Missing`] if the runtime lacks a constant.
    pub async fn constants(&self) -> Result<Constants, ChainError> {
        self.exchange(ANSWER_TIMEOUT, async {
            Constants::read(self.now().await?.metadata_ref())
        })
        .await
    }
}

fn missing(pallet: &str, name: &str) -> ChainError {
    ChainError::Missing(format!("the runtime has no {pallet}.{name}"))
}

fn pallet<'a>(metadata: &'a Metadata, name: &str) -> Result<PalletMetadata<'a>, ChainError> {
    let pallet = metadata.pallet_by_name(name);
    pallet.ok_or_else(|| ChainError::Missing(format!("the runtime has no pallet {name}")))
}

/// Returns a constant's encoded value.
pub(super) fn encoded<'a>(
    metadata: &'a Metadata,
    of: &str,
    name: &str,
) -> Result<&'a [u8], ChainError> {
    let constant = pallet(metadata, of)?.constant_by_name(name);
    Ok(constant.ok_or_else(|| missing(of, name))?.value())
}

fn constant<T: Decode>(metadata: &Metadata, of: &str, name: &str) -> Result<T, ChainError> {
    let mut bytes = encoded(metadata, of, name)?;
    T::decode(&mut bytes).map_err(|error| ChainError::Decode {
        what: format!("{of}.{name}"),
        error,
    })
}

/// The part of a track that is read from the metadata.
#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct Track {
    /// Padded with zero bytes.
    name: String,
}

/// Returns the number of the track on risk parameters.
fn risk_track(metadata: &Metadata) -> Result<u16, ChainError> {
    const TRACKS: (&str, &str) = ("Referenda", "Tracks");
    let constant = pallet(metadata, TRACKS.0)?.constant_by_name(TRACKS.1);
    let constant = constant.ok_or_else(|| missing(TRACKS.0, TRACKS.1))?;
    let mut bytes = constant.value();
    let tracks = Vec::<(u16, Track)>::decode_as_type(&mut bytes, constant.ty(), metadata.types());
    let tracks =
        tracks.map_err(|error| ChainError::Missing(format!("Referenda.Tracks: {error}")))?;
    let found = tracks
        .into_iter()
        .find(|(_, track)| track.name.trim_end_matches('\0') == RISK_TRACK);
    let missing = || ChainError::Missing(format!("the runtime has no track {RISK_TRACK}"));
    found.map(|(id, _)| id).ok_or_else(missing)
}

/// Returns the indices of the risk admin's pallet and origin, as a referendum's proposal names
/// them.
fn risk_origin(metadata: &Metadata) -> Result<[u8; 2], ChainError> {
    let (of, name) = RISK_ADMIN;
    let missing = || missing(of, name);
    let submit = pallet(metadata, "Referenda")?.call_variant_by_name("submit");
    let submit = submit.ok_or_else(missing)?;
    let field = submit
        .fields
        .iter()
        .find(|field| field.name.as_deref() == Some("proposal_origin"));
    let origin = Value::unnamed_variant(of, [Value::unnamed_variant(name, [])]);
    let mut bytes = Vec::new();
    encode_as_type(
        &origin,
        field.ok_or_else(missing)?.ty.id,
        metadata.types(),
        &mut bytes,
    )
    .map_err(|_| missing())?;
    bytes.try_into().map_err(|_| missing())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_metadata_are_refused() {
        for bytes in [&b""[..], b"meta", b"no metadata at all"] {
            let read = Constants::from_bytes(bytes);
            assert!(matches!(read, Err(ChainError::Missing(_))), "{read:?}");
        }
    }
}
