/**
 * The agent's bootstrap. These few classes are all of spprof that the application's class path
 * sees, so they depend on nothing but the JDK; everything else is loaded by {@link
 * io.spprof.agent.IsolatedClassLoader}.
 */
package io.spprof.agent;
