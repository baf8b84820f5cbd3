local wanted = {}
