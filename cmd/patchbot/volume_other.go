//go:build !linux

package main

// volume is the file system that a directory lies on.
type volume struct {
	free, total   uint64
	inodes, files uint64
	kind          string
}

// volumeOf knows nothing on this system.
func volumeOf(string) (volume, bool, error) { return volume{}, false, nil }

// synchronised knows nothing on this system.
func synchronised() (yes, known bool) { return false, false }
