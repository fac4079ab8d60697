/** Drives JConsole as a user would. */
package io.spprof.it.console;
