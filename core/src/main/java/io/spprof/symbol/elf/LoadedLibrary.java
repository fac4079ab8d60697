package io.spprof.symbol.elf;

/**
 * A library as the process has loaded it. The build id and the file's device and inode identify the
 * file, because another file can be at the path by now.
 *
 * @param path the library's path, not null; "" is the program itself
 * @param buildId the build id that the loaded library has in memory, in lower-case hexadecimal
 *     digits; not null; "" if it has none
 * @param device the device of the mapped file, as in {@code st_dev}; used only without a build id
 * @param inode the inode of the mapped file; used only without a build id; 0 if unknown
 */
public record LoadedLibrary(String path, String buildId, long device, long inode) {}
