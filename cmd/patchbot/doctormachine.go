package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"patchbot/internal/store"
)

// directory is the state directory: it must be private, and on a file system that SQLite can lock.
func (d *doctor) directory() {
	dir := d.conf.StateDir
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		d.warn("state directory", "nothing to do: the daemon makes it at its first start", "%s does not exist yet", dir)
		return
	case errors.Is(err, fs.ErrPermission):
		d.unknown("state directory", "run as root, or as the user of the daemon", "%s", oneLine(err))
		return
	case err != nil:
		d.trouble("state directory", "correct state_dir in the configuration", "%s", oneLine(err))
		return
	case !info.IsDir():
		d.trouble("state directory", "correct state_dir in the configuration", "%s is no directory", dir)
		return
	}
	if perm := info.Mode().Perm(); perm&0o077 != 0 {
		d.trouble("state directory", "chmod 700 "+dir, "%s can be read by others (mode %04o): it holds people's mails", dir, perm)
	} else {
		d.ok("state directory", "%s, mode %04o", dir, perm)
	}
	v, known, err := volumeOf(dir)
	if err != nil || !known {
		return // the disk check tells
	}
	switch v.kind {
	case "nfs", "smb", "afs", "ceph", "9p":
		if d.conf.Store.URL == "" {
			d.trouble("file system", "put state_dir on a local disk, or keep the state in PostgreSQL ([store] url)",
				"%s lies on %s: SQLite's write-ahead log needs shared memory, and loses data there", dir, v.kind)
		}
	case "tmpfs":
		d.warn("file system", "put state_dir on a disk", "%s lies in memory: everything is lost at the next boot", dir)
	}
}

const (
	lowSpace  = 1 << 30
	noSpace   = 100 << 20
	fewInodes = 100 // one in so many is left
)

// space is what is left on the disk.
func (d *doctor) space() {
	dir := existing(d.conf.StateDir)
	v, known, err := volumeOf(dir)
	if err != nil {
		d.unknown("disk", "run as root, or as the user of the daemon", "%s: %s", dir, oneLine(err))
		return
	}
	if !known {
		return
	}
	repair := "make room on the disk of " + dir + ", or let purge_after_days delete old mails sooner"
	switch state, text := v.room(); state {
	case itemTrouble:
		d.trouble("disk", repair, "%s", text)
	case itemWarning:
		d.warn("disk", repair, "%s", text)
	default:
		d.ok("disk", "%s", text)
	}
}

// room judges what is left on a file system.
func (v volume) room() (state, text string) {
	left := fmt.Sprintf("%d MB of %d MB are free", v.free>>20, v.total>>20)
	switch {
	case v.free < noSpace:
		return itemTrouble, left
	case v.files > 0 && v.inodes < v.files/fewInodes:
		return itemWarning, fmt.Sprintf("%d of %d files can still be made", v.inodes, v.files)
	case v.free < lowSpace:
		return itemWarning, left
	}
	return itemOK, left
}

// existing is the nearest directory on the way to dir that exists.
func existing(dir string) string {
	dir, err := filepath.Abs(dir)
	for err == nil && dir != filepath.Dir(dir) {
		if _, miss := os.Stat(dir); miss == nil {
			return dir
		}
		dir = filepath.Dir(dir)
	}
	return "/"
}

// clock asks the kernel whether it follows a time server.
func (d *doctor) clock() {
	switch yes, known := synchronised(); {
	case !known:
		d.ok("clock", "%s", stamp(time.Now()))
	case yes:
		d.ok("clock", "%s, follows a time server", stamp(time.Now()))
	default:
		d.warn("clock", "timedatectl set-ntp true", "%s, follows no time server as far as the kernel knows", stamp(time.Now()))
	}
}

// skew is how far two clocks may be apart.
const skew = 5 * time.Second

// database opens the store beside the daemon.
func (d *doctor) database(ctx context.Context) {
	ctx, cancel := d.within(ctx)
	defer cancel()
	db, err := store.Open(ctx, store.Options{Dir: d.conf.StateDir, URL: d.conf.Store.URL, Now: time.Now, ReadOnly: true})
	if err != nil {
		d.closedDatabase(err)
		return
	}
	defer db.Close()
	st, err := db.Status(ctx)
	if err != nil {
		d.trouble("database", "look at the disk and at the log of the database server", "%s", oneLine(err))
		return
	}
	d.ok("database", "%s, schema %d, %s", st.Engine, st.Schema, counts(st.Messages))
	if at, has, err := db.Clock(ctx); err == nil && has {
		if off := time.Since(at); off.Abs() > skew {
			d.trouble("database clock", "let both machines follow a time server", "differs from the one here by %s", off.Round(time.Millisecond))
		} else {
			d.ok("database clock", "differs from the one here by %s", off.Round(time.Millisecond))
		}
	}
	if st.LastMessage.After(time.Now().Add(skew)) {
		d.trouble("clock", "timedatectl set-ntp true", "the last mail was recorded at %s, which is in the future: the clock went back", stamp(st.LastMessage))
	}
	health, err := db.Health(ctx)
	if err != nil {
		return // the status above has just been read from the same place
	}
	for _, h := range health {
		if !h.OK {
			d.trouble("daemon: "+h.Name, "see the item of that server; the daemon tries again by itself", "out of reach since %s: %s", stamp(h.Since), h.Detail)
		}
	}
}

func (d *doctor) closedDatabase(err error) {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		d.warn("database", "systemctl start patchbot", "there is none yet: the daemon has never run with this configuration")
	case errors.Is(err, fs.ErrPermission):
		d.unknown("database", "run as root, or as the user of the daemon", "%s", oneLine(err))
	case errors.Is(err, store.ErrOlderSchema):
		d.warn("database", "systemctl restart patchbot: the daemon migrates it", "%s", oneLine(err))
	case errors.Is(err, store.ErrNewerSchema):
		d.trouble("database", "install the newer patchbot again, or restore the backup that was made before it", "%s", oneLine(err))
	case d.conf.Store.URL != "":
		d.trouble("database", "`psql` with the same URL must connect from this machine", "%s", oneLine(err))
	default:
		d.trouble("database", "look at the permissions of the state directory, and restore the last backup if the file is damaged", "%s", oneLine(err))
	}
}

// daemon looks at the heartbeat.
func (d *doctor) daemon() {
	at, is, err := lastBeat(d.conf)
	switch {
	case errors.Is(err, fs.ErrPermission):
		d.unknown("daemon", "run as root, or as the user of the daemon", "%s", oneLine(err))
	case err != nil:
		d.trouble("daemon", "systemctl restart patchbot", "heartbeat: %s", oneLine(err))
	case !is:
		d.warn("daemon", "systemctl start patchbot", "has not run in this state directory")
	case time.Since(at) > heartbeatLate:
		d.trouble("daemon", "systemctl restart patchbot, then journalctl -u patchbot", "its last heartbeat was at %s", stamp(at))
	default:
		d.ok("daemon", "its last heartbeat was at %s", stamp(at))
	}
}

// pages looks at what the web pages and the metrics are served on.
func (d *doctor) pages() {
	d.listens("web", d.conf.Web.Listen)
	d.listens("metrics", d.conf.Web.MetricsListen)
}

func (d *doctor) listens(name, address string) {
	if address == "" {
		return
	}
	if path, unix := strings.CutPrefix(address, "unix:"); unix {
		if _, err := os.Stat(filepath.Dir(path)); err != nil {
			d.trouble(name, "make the directory, writable for the daemon: with systemd, RuntimeDirectory=patchbot and unix:/run/patchbot/web.sock", "%s", oneLine(err))
			return
		}
		d.ok(name, "%s", address)
		return
	}
	client := &http.Client{Timeout: 5 * time.Second}
	if answer, err := client.Get("http://" + address + "/healthz"); err == nil {
		answer.Body.Close()
		d.ok(name, "http://%s/ answers %s", address, answer.Status)
		return
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		d.trouble(name, "choose another port; `ss -ltnp` shows who has this one", "%s", oneLine(err))
		return
	}
	l.Close()
	d.ok(name, "%s is free; the daemon does not listen there now", address)
}

// switches are what keeps replies from leaving.
func (d *doctor) switches() {
	file := cmp.Or(d.conf.KillSwitch, stateFile(d.conf, "STOP"))
	if killSwitch(d.conf)() {
		d.warn("kill switch", "rm "+file, "%s exists: no mail leaves", file)
	}
	if !d.conf.Reply.Enabled {
		d.warn("replies", "set enabled = true in [reply] when what `patchbot status` shows is what you want", "are stored and shown, not sent")
	} else {
		d.ok("replies", "are sent")
	}
	switch c := d.conf; {
	case c.Bot.Operator == "" || c.Alert.After == 0:
		d.warn("alerts", "set bot.operator to an address that somebody reads, and alert.after", "nobody is told when patches wait or replies are held")
	case c.SMTP.Host == "":
		d.warn("alerts", "configure [smtp]", "are for %s, and no server is configured that takes them", c.Bot.Operator)
	case c.Bot.Operator == c.Bot.Address:
		d.warn("alerts", "set bot.operator to an address that somebody reads", "go to the bot's own mailbox")
	default:
		d.ok("alerts", "go to %s", c.Bot.Operator)
	}
}
