/* Replaces walk_vm.c on processors and systems that our own walker does not support. */
#include <errno.h>
#include <stdio.h>

#include "walk/walk.h"

static int probe(JNIEnv *jni, const struct spprof_engine *engine, char *why, uint64_t size) {
    (void)jni, (void)engine;
    snprintf(why, size, "it does not support this processor and system yet");
    return -ENOSYS;
}

const struct spprof_walker spprof_walker_vm = {.name = "vm", .probe = probe};
