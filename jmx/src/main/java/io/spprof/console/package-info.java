/**
 * A plugin for JConsole, {@code jconsole -pluginpath spprof-agent.jar}, and for other programs that
 * load JConsole's plugins. It adds one tab. It runs in the client, reaches the profiler through the
 * bean alone, and uses no class of the profiler outside of this package.
 *
 * <p>Components belong to the event dispatch thread. Calls to the target run in a {@link
 * javax.swing.SwingWorker}, because a target may be far away or hang.
 */
package io.spprof.console;
