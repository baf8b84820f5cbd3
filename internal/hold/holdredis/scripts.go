package holdredis

import (
	_ "embed"

	"github.com/redis/rueidis"
)

var (
	//go:embed scripts/prelude.lua
	preludeLua string
	//go:embed scripts/begin.lua
	beginLua string
	//go:embed scripts/lock.lua
	lockLua string
	//go:embed scripts/extend.lua
	extendLua string
	//go:embed scripts/release.lua
	releaseLua string
	//go:embed scripts/transfer.lua
	transferLua string
	//go:embed scripts/confirm.lua
	confirmLua string
	//go:embed scripts/unbook.lua
	unbookLua string
	//go:embed scripts/sweep.lua
	sweepLua string
	//go:embed scripts/hydrate.lua
	hydrateLua string
	//go:embed scripts/snapshot.lua
	snapshotLua string
	//go:embed scripts/retire.lua
	retireLua string
	//go:embed scripts/stream.lua
	streamLua string
	//go:embed scripts/take.lua
	takeLua string
	//go:embed scripts/trim.lua
	trimLua string
	//go:embed scripts/unread.lua
	unreadLua string
	//go:embed scripts/announce.lua
	announceLua string
)

// The flags decide what a full Redis still does: it refuses new holds (lock), and goes on giving back and recording.
const (
	flagsTake = "#!lua\n"
	flagsGive = "#!lua flags=allow-oom\n"
	flagsRead = "#!lua flags=no-writes\n"
)

type scripts struct {
	lock, extend, release, transfer, confirm, unbook, sweep, hydrate, snapshot *rueidis.Lua
	take, trim, unread, retire, announce                                       *rueidis.Lua
}

func newScripts() scripts {
	return scripts{
		lock:     rueidis.NewLuaScript(flagsTake + preludeLua + beginLua + lockLua),
		extend:   rueidis.NewLuaScript(flagsGive + preludeLua + beginLua + extendLua),
		release:  rueidis.NewLuaScript(flagsGive + preludeLua + beginLua + releaseLua),
		transfer: rueidis.NewLuaScript(flagsGive + preludeLua + beginLua + transferLua),
		confirm:  rueidis.NewLuaScript(flagsGive + preludeLua + beginLua + confirmLua),
		unbook:   rueidis.NewLuaScript(flagsGive + preludeLua + beginLua + unbookLua),
		sweep:    rueidis.NewLuaScript(flagsGive + preludeLua + sweepLua),
		hydrate:  rueidis.NewLuaScript(flagsGive + preludeLua + hydrateLua),
		snapshot: rueidis.NewLuaScript(flagsRead + snapshotLua),
		take:     rueidis.NewLuaScript(flagsGive + streamLua + takeLua),
		trim:     rueidis.NewLuaScript(flagsGive + streamLua + trimLua),
		unread:   rueidis.NewLuaScript(flagsRead + streamLua + unreadLua),
		announce: rueidis.NewLuaScript(flagsGive + announceLua),
		retire:   rueidis.NewLuaScript(flagsGive + retireLua),
	}
}
