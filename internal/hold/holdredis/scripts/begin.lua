if not epoch then return reply('UNINIT') end
if sweep() >= 64 then return reply('AGAIN') end
