-- announce tells a booking fact to other systems: the stream keeps it for consumers that are down, the channel carries it.
-- KEYS 1 stream
-- ARGV 1 id, 2 type, 3 message, 4 channel, 5 life of the stream in ms
-- Returns the entry's id
local id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', '100000', '*', 'id', ARGV[1], 'type', ARGV[2], 'e', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
redis.call('PUBLISH', ARGV[4], ARGV[3])
return id
