#!lua
-- spend counts one act against every key, or against none of them when one has no room for it.
-- KEYS 1.. a key for each quota, all of one slot; a value is "<Unix ms> <level>"
-- ARGV 1.. limit and period in ms of each key in turn
-- Returns {1 when counted, else 0, level of each key: after the act when it is counted}
-- A level rises by the period with each act and falls by the limit each ms; it is never above limit x period, which is below 2^53.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local values = redis.call('MGET', unpack(KEYS))
local counted, levels, future = 1, {}, {}
for i = 1, #KEYS do
  local limit, per = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  local at, level = string.match(values[i] or '', '^(%d+) (%d+)$')
  at, level = tonumber(at or now), math.min(tonumber(level or 0), limit * per)
  future[i] = at > now
  levels[i] = math.max(level - math.min(math.max(now - at, 0), per) * limit, 0)
  if levels[i] + per > limit * per then counted = 0 end
end
for i = 1, #KEYS do
  local limit, per = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  levels[i] = levels[i] + counted * per
  if counted == 1 or future[i] then -- a level from before the clock was set back counts from now on
    local life = math.max(math.ceil(levels[i] / limit), 1)
    redis.call('SET', KEYS[i], string.format('%.0f %.0f', now, levels[i]), 'PX', string.format('%.0f', life))
  end
end
return { counted, unpack(levels) }
