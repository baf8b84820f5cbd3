-- The expiry of the showtime's keys, for the scripts that set it.

-- preserve sets it where it is another: a visit that finds everything in order writes nothing. Redis keeps a key through its last
-- millisecond.
local function preserve(text)
  local keep = math.max(tonumber(text), now + 3600000) - 1
  for i = 1, 3 do
    local ends = redis.call('PEXPIRETIME', KEYS[i])
    if ends ~= -2 and ends ~= keep then redis.call('PEXPIREAT', KEYS[i], keep) end
  end
end
