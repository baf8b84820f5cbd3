if not epoch then return reply('UNINIT') end
if swept >= 64 then return reply('AGAIN') end
