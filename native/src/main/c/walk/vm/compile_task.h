/*
 * Shows what a compiler thread compiles: below the native frames of a thread of C1 or C2 stands a
 * frame for the compiled method, for instance [C2] org.h2.command.Parser.parse. A compilation that
 * replaces a running method's frame (on-stack replacement) stands as [C2 OSR]. The frame is the
 * root of the stack. release.h names the fields:
 *
 *   CompilerThread._env ──▶ ciEnv._task ──▶ CompileTask._method ──▶ Method
 *                                           CompileTask._comp_level, _osr_bci
 *
 * Threads that the JVM does not report, and compiler threads are among them, have no JNIEnv in
 * their slots. So the thread's own structure is found as the JVM finds it: by a thread-specific key
 * (ThreadLocalStorage in os/posix/threadLocalStorage_posix.cpp). The number of this key is not
 * published. `learn` looks for the key whose value is the calling thread's structure. It looks
 * among the keys that a handler may read at any time (thread_keys.h), also while the thread exits.
 * The JVM makes its key when it starts. If a launcher has made 32 keys before, no compilations are
 * shown with glibc.
 *
 * Any thread of the JVM can have such a structure, and for many kinds it ends before _env. A ciEnv
 * is on the stack of its compiler thread. Only a thread whose _env is an address in that part of
 * its own stack which is in use is taken for a compiler thread. A compiler of JVMCI has no ciEnv,
 * and its compilations are not shown.
 *
 * None of the structures is freed during a walk. The handler interrupts the compiler thread itself,
 * and only this thread clears _env: before it leaves the ciEnv's frame, and before it frees the
 * task, or lets the thread that waits for the compilation free it (~CompileTaskWrapper in
 * compiler/compileBroker.cpp). The task keeps the method's class loaded. In the few instructions
 * between the store of _env and that of _task, _task can be the address of an earlier task, so all
 * loads are guarded, and all values are checked.
 */
#ifndef SPPROF_VM_COMPILE_TASK_H
#define SPPROF_VM_COMPILE_TASK_H

#include <stdint.h>

#include "walk/walk.h"

/* Finds the JVM's key. `thread` is the address of the calling thread's JavaThread. Called before
 * any handler runs. Without the key, no compilations are shown. */
void spprof_compile_task_learn(uint64_t thread);

/* Writes the frame, if the calling thread, which was interrupted at `sp`, compiles a method and the
 * walk has room for it. Called from the handler. */
void spprof_compile_task_write_sigsafe(struct spprof_walk *walk, uint64_t sp);

#endif
