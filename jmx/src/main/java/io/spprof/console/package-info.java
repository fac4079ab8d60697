/**
 * A tab for JConsole, {@code jconsole -pluginpath spprof-agent.jar}, and for whatever loads
 * JConsole's plugins. It runs in the client, knows the profiler through the bean alone, and uses no
 * class of ours outside of this package.
 *
 * <p>Components belong to the event dispatch thread. What talks to the target does so in a {@link
 * javax.swing.SwingWorker}, because a target may be far away, or hang.
 */
package io.spprof.console;
