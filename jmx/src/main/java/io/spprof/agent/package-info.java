/**
 * The agent's bootstrap: the only classes of spprof that the application can see on its class path.
 * They depend on nothing but the JDK. {@link io.spprof.agent.IsolatedClassLoader} loads all other
 * classes of spprof, where the application cannot see them.
 */
package io.spprof.agent;
