//! The pallets whose calls can be benchmarked with this runtime.

frame_benchmarking::define_benchmarks!(
    [frame_benchmarking, BaselineBench::<Runtime>]
    [frame_system, SystemBench::<Runtime>]
    [frame_system_extensions, SystemExtensionsBench::<Runtime>]
    [pallet_assets, Assets]
    [pallet_balances, Balances]
    [pallet_clearproof_custody, Custody]
    [pallet_clearproof_market_data, MarketData]
    [pallet_clearproof_risk_policy, RiskPolicy]
    [pallet_clearproof_settlement, Settlement]
    [pallet_clearproof_validator_set, ValidatorSet]
    [pallet_membership, OracleMembership]
    [pallet_oracle, Oracle]
    [pallet_sudo, Sudo]
    [pallet_timestamp, Timestamp]
    [pallet_transaction_payment, TransactionPayment]
    [pallet_utility, Utility]
);
