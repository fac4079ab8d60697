/**
 * Text that comes from outside or is shown to people: its length, and the characters that are
 * shown. This package uses no other package of the profiler.
 */
package io.spprof.text;
