package holdredis

import (
	_ "embed"

	"github.com/redis/rueidis"
)

var (
	//go:embed scripts/want.lua
	wantLua string
	//go:embed scripts/wantlock.lua
	wantLockLua string
	//go:embed scripts/prelude.lua
	preludeLua string
	//go:embed scripts/index.lua
	indexLua string
	//go:embed scripts/due.lua
	dueLua string
	//go:embed scripts/begin.lua
	beginLua string
	//go:embed scripts/evict.lua
	evictLua string
	//go:embed scripts/order.lua
	orderLua string
	//go:embed scripts/expiry.lua
	expiryLua string
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

// texts are the scripts as Redis gets them.
var texts = map[string]string{
	"lock":     flagsTake + wantLockLua + preludeLua + indexLua + dueLua + beginLua + lockLua,
	"extend":   flagsGive + changing + evictLua + orderLua + extendLua,
	"release":  flagsGive + changing + releaseLua,
	"transfer": flagsGive + changing + orderLua + transferLua,
	"confirm":  flagsGive + changing + evictLua + confirmLua,
	"unbook":   flagsGive + changing + unbookLua,
	"sweep":    flagsGive + wantLua + preludeLua + indexLua + dueLua + expiryLua + sweepLua,
	"hydrate":  flagsGive + wantLua + preludeLua + indexLua + expiryLua + hydrateLua,
	"snapshot": flagsRead + snapshotLua,
	"take":     flagsGive + streamLua + takeLua,
	"trim":     flagsGive + streamLua + trimLua,
	"unread":   flagsRead + streamLua + unreadLua,
	"announce": flagsGive + announceLua,
	"retire":   flagsGive + retireLua,
}

// changing is how every script that changes holds begins.
var changing = wantLua + preludeLua + indexLua + dueLua + beginLua

type scripts struct {
	lock, extend, release, transfer, confirm, unbook, sweep, hydrate, snapshot *rueidis.Lua
	take, trim, unread, announce, retire                                       *rueidis.Lua
}

func newScripts() scripts {
	of := func(name string) *rueidis.Lua { return rueidis.NewLuaScript(texts[name]) }
	return scripts{
		lock: of("lock"), extend: of("extend"), release: of("release"), transfer: of("transfer"), confirm: of("confirm"), unbook: of("unbook"),
		sweep: of("sweep"), hydrate: of("hydrate"), snapshot: of("snapshot"),
		take: of("take"), trim: of("trim"), unread: of("unread"), announce: of("announce"), retire: of("retire"),
	}
}
