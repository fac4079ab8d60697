/**
 * The agent's bootstrap. The application's class path contains only these classes of spprof, and
 * those of the plugin for JConsole ({@code io.spprof.console}), which an application never loads.
 * They depend on nothing but the JDK. {@link io.spprof.agent.IsolatedClassLoader} loads all other
 * classes of spprof, where the application cannot see them.
 */
package io.spprof.agent;
