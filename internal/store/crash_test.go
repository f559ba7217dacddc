package store_test

// childEnv names the part of a test that TestMain runs in a process of its own, to be killed or limited there.
const childEnv = "PATCHBOT_STORE_CHILD"

var children = map[string]func() int{}
