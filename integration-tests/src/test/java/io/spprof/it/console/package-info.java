/** Runs JConsole, and operates it with the mouse as a user would. */
package io.spprof.it.console;
