/*
 * Whether a byte code can have called a method. Where a word of a stack is only likely to be a
 * return address (return_slots.h), the byte code of the call before it is held against the method
 * that would return there. Any doubt speaks for the word: no right caller is refused.
 *
 *   byte code                              can call
 *   invokevirtual, -special, -static,      methods of the name and the signature that it refers to,
 *   -interface                             in whichever class
 *   invokedynamic; MethodHandle.invoke,    the methods that java.lang.invoke makes for this
 *   .invokeExact, .invokeBasic; VarHandle
 *   MethodHandle.linkTo…                   any method
 *   one that a debugger has replaced       any method
 *   all others                             none: they call the JVM, which calls Java by call_stub
 *   any, where the JVM does not publish    any method
 *   how its constant pools are laid out
 *
 * When its class is linked, a byte code's operand becomes a number in the constant pool's cache. Up
 * to JDK 21 the cache's entries are behind its header; since 22 those of methods are in an array.
 *
 * Called from the handler. All loads are guarded: the method is what a word of the stack says.
 */
#ifndef SPPROF_VM_CALL_SITES_H
#define SPPROF_VM_CALL_SITES_H

#include <stdbool.h>
#include <stdint.h>

#include "walk/vm/methods.h"

/* `bci` of `caller`, from 0; outside of its code, or negative, nothing is called. */
bool spprof_call_sites_can_call_sigsafe(const struct spprof_method *caller, int32_t bci,
                                        const struct spprof_method *callee);

/*
 * Whether its class is of the package java.lang.invoke, as all are that make method handles work.
 */
bool spprof_call_sites_is_of_handles_sigsafe(const struct spprof_method *method);

#endif
