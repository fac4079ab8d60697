/**
 * Text that comes from outside or goes to people: how long it may be, and which characters are
 * shown. The ground floor: uses no other package of ours.
 */
package io.spprof.text;
