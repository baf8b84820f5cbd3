// Shards the collections of a cluster. Run it once against a mongos, after the product (or `cinema migrate up`) has made the collections
// and before the first sale:
//
//   mongosh "mongodb://…/cinema" deploy/mongo/shard.js
//
// A seat has one owner because its claim's primary key, "<showtime>|<seat>", exists once. In a cluster that holds only when the shard key
// is exactly _id: then the whole key space has one owner for each key. It is ranged, so that the claims of one showtime are one range and
// a hall is read from one shard. The product looks at this key when it starts, and does not serve with another.
//
// Everything else is found by its _id alone on the hot path and spreads best by its hash. Each insert that must happen once goes by _id
// too, which keeps "once" true in the whole cluster. Questions by user or showtime ask every shard; they are the slow lane.
//
// Collections that are not named here are small and stay on the primary shard: the programme, leases, schema_migrations.

const name = db.getName()

sh.enableSharding(name)

sh.shardCollection(`${name}.seat_claims`, { _id: 1 })

for (const collection of [
  'bookings', // one document a sale
  'decisions', // registers: seals, outcomes, ticket uses, refunds
  'tickets',
  'outbox',
  'audit_logs',
  'idempotency',
  'users',
  'sessions',
]) {
  sh.shardCollection(`${name}.${collection}`, { _id: 'hashed' })
}

sh.status()
