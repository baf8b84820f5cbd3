-- The scripts of a showtime's stream begin with this text.
-- KEYS 1 seatstream
-- An entry's id is two numbers, too long together for one.
local function later(a, b)
  local am, an = string.match(a, '^(%d+)-(%d+)$')
  local bm, bn = string.match(b, '^(%d+)-(%d+)$')
  am, an, bm, bn = tonumber(am), tonumber(an), tonumber(bm), tonumber(bn)
  return am > bm or am == bm and an > bn
end

-- pairsOf makes a table of a list name, value, …
local function pairsOf(list)
  local t = {}
  for i = 1, #list, 2 do t[list[i]] = list[i + 1] end
  return t
end

-- record finds the consumer group of the record.
local function record()
  for _, g in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
    local group = pairsOf(g)
    if group['name'] == 'audit' then return group end
  end
end
