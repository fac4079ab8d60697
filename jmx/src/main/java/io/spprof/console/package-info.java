/**
 * A plugin for JConsole and for other programs that load JConsole's plugins. JConsole loads it with
 * {@code jconsole -pluginpath spprof-agent.jar}. The plugin adds one tab. It runs in JConsole's
 * JVM, and reaches the profiler only through the bean. It uses no class of the profiler outside of
 * this package.
 *
 * <p>Only the event dispatch thread may use the components. Calls to the target run in a {@link
 * javax.swing.SwingWorker}, because a target may be far away or hang.
 */
package io.spprof.console;
