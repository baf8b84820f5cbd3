-- The order of seats, for the scripts that find a hold's seats themselves.
-- arrange puts seats into the order of their rows and numbers, as the house counts them.
local function arrange(seats)
  local row, number = {}, {}
  for _, seat in ipairs(seats) do
    local r, n = string.match(seat, '^(%a+)(%d+)$')
    row[seat], number[seat] = r, tonumber(n)
  end
  table.sort(seats, function(a, b)
    if row[a] ~= row[b] then return #row[a] < #row[b] or #row[a] == #row[b] and row[a] < row[b] end
    return number[a] < number[b]
  end)
end
