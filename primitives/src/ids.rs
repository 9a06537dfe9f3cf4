//! Numbers that name things: venues, circuits, batches, snapshots, accounts and instruments.

use crate::number::{number, ordinal};

ordinal! {
    /// A venue's number, as batch headers name it.
    VenueId(u32)
}

ordinal! {
    /// A registered circuit's number.
    CircuitId(u32)
}

ordinal! {
    /// A batch's number, counting from 1 at each venue; 0 stands for the state before the first.
    BatchNumber(u64)
}

ordinal! {
    /// A snapshot's number, counting from 1; 0 stands for none yet.
    SnapshotNumber(u64)
}

number! {
    /// An account's index in its venue: the place of its leaf in the accounts tree.
    AccountIndex(u32)
}

ordinal! {
    /// An instrument's slot in the market: the place of its row in each snapshot.
    Slot(u16)
}

impl Slot {
    /// All slots, ascending.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..=u16::MAX).map(Self::new)
    }

    /// The instrument's place in lists of one entry per slot.
    pub const fn place(self) -> usize {
        self.get() as usize
    }
}

impl AccountIndex {
    /// The insurance fund's.
    pub const INSURANCE_FUND: Self = Self::new(0);

    /// True if it is the insurance fund's.
    pub const fn is_insurance_fund(self) -> bool {
        self.get() == Self::INSURANCE_FUND.get()
    }

    /// All indices, ascending.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..=u32::MAX).map(Self::new)
    }

    /// The account's place in a list of all accounts.
    pub const fn place(self) -> usize {
        self.get() as usize
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use codec::{Decode, Encode, MaxEncodedLen};
    use scale_info::{TypeInfo, meta_type};

    #[test]
    fn a_number_is_encoded_and_shown_as_its_integer() {
        let venue = VenueId::new(0x0102_0304);
        assert_eq!(venue.encode(), 0x0102_0304u32.encode());
        assert_eq!(VenueId::decode(&mut &venue.encode()[..]), Ok(venue));
        assert_eq!(VenueId::max_encoded_len(), u32::max_encoded_len());
        assert_eq!(serde_json::to_string(&venue).unwrap(), "16909060");
        assert_eq!(serde_json::from_str::<VenueId>("16909060").unwrap(), venue);
        assert_eq!("16909060".parse(), Ok(venue));
        assert_eq!(alloc::format!("{venue} {venue:?}"), "16909060 16909060");
    }

    #[test]
    fn metadata_has_the_bare_integer() {
        assert_eq!(VenueId::type_info(), u32::type_info());
        assert_eq!(meta_type::<VenueId>(), meta_type::<u32>());
    }

    #[test]
    fn numbers_end_at_the_largest() {
        assert_eq!(VenueId::new(1).earlier(2), None);
        assert_eq!(VenueId::new(7).next().earlier(3), Some(VenueId::new(5)));
        let three: Vec<_> = VenueId::new(2).through(VenueId::new(4)).collect();
        assert_eq!(three, [2, 3, 4].map(VenueId::new));
        assert_eq!(VenueId::new(2).through(VenueId::new(1)).next(), None);
        assert_eq!(VenueId::new(u32::MAX).next(), VenueId::new(u32::MAX));
        assert_eq!(VenueId::new(u32::MAX).checked_next(), None);
        assert_eq!(VenueId::new(1).checked_next(), Some(VenueId::new(2)));
    }
}
