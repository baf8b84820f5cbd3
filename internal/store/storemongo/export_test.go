package storemongo

// ClaimShardKey is whether a shard key keeps a seat's claim unique.
var ClaimShardKey = claimShardKey
