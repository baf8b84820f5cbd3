local wanted = { '#' .. ARGV[6] }
for i = 11, #ARGV do wanted[i - 9] = '@' .. ARGV[i] end
