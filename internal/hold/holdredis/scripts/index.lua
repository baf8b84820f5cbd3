-- The index of holds and the owners' counters, for every script but hydrate's first half.

-- Owners' counters change once per owner and script.
local function count(deltas)
  for owner, delta in pairs(deltas) do
    if delta ~= 0 and redis.call('HINCRBY', META, '#' .. owner, delta) <= 0 then redis.call('HDEL', META, '#' .. owner) end
  end
end

-- The first hold that falls due; vacant says that the index may have no member, and therefore no expiry when one is put into it.
local dues = redis.call('ZRANGE', DUE, 0, 0, 'WITHSCORES')
local vacant = not dues[1]

-- remove takes holds off the index.
local function remove(members)
  redis.call('ZREM', DUE, unpack(members))
  vacant = true
end

-- schedule puts holds (deadline, member, …) into the index. One that the last hold had left gets the expiry of the showtime's other keys:
-- no key is without one for as long as it takes the next sweep to come by.
local function schedule(index)
  redis.call('ZADD', DUE, unpack(index))
  if vacant then
    local keep = redis.call('PEXPIRETIME', META)
    if keep > 0 then redis.call('PEXPIREAT', DUE, keep) end
  end
end
