-- Evictions, for the scripts that push foreign holds aside.
local function evictedTail(evicted)
  if #evicted == 0 then return '' end
  return ',"evicted":[' .. table.concat(evicted, ',') .. ']'
end

local function eviction(seat, value)
  return '{"seat_id":"' .. seat .. '","owner":"' .. ownerOf(value) .. '","request_id":"' .. requestOf(value) .. '"}'
end
