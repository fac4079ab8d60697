/*
 * Runs in a virtual machine, and lets the tests outside start programs in the machine and read the
 * kernel's information about them. Machine.java is the client.
 *
 * Each connection has a process of its own. The client sends lines:
 *
 *   read PATH    the content of a file
 *   list PATH    the names in a directory, one a line
 *   clock PID    the CPU time of a process, ns
 *   run N        N strings follow, each with a NUL at its end: a directory, a program, its
 * arguments
 *
 * The answer to the first three is a line with the number of bytes, then these bytes; or a line
 * with -errno. The answer to `run` is a line with the process id. From then on, bytes from the
 * client are the program's standard input, and the server sends frames: a type (1 byte), a length
 * (4 bytes, the lowest first), the bytes. Type 1 is standard output, 2 standard error. Type 0 ends
 * the connection; its content is the exit status, or 128 plus the number of the signal, as text. If
 * the client closes the connection earlier, the program is killed.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void send_all(int to, const void *bytes, size_t size) {
    for (size_t sent = 0; sent < size;) {
        ssize_t n = write(to, (const char *)bytes + sent, size - sent);
        if (n < 0 && errno != EINTR) {
            _exit(1);
        }
        sent += n > 0 ? (size_t)n : 0;
    }
}

static void answer(FILE *client, int error, const char *bytes, size_t size) {
    if (error != 0) {
        dprintf(fileno(client), "-%d\n", error);
    } else {
        dprintf(fileno(client), "%zu\n", size);
        send_all(fileno(client), bytes, size);
    }
}

static void read_file(FILE *client, const char *path) {
    static char bytes[4 << 20];
    size_t size = 0;
    ssize_t n = 0;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file >= 0) {
        while ((n = read(file, bytes + size, sizeof bytes - size)) > 0) {
            size += (size_t)n;
        }
    }
    answer(client, file < 0 || n < 0 ? errno : size == sizeof bytes ? EFBIG : 0, bytes, size);
    if (file >= 0) {
        close(file);
    }
}

static void list_directory(FILE *client, const char *path) {
    char *names = NULL;
    size_t size = 0;
    DIR *directory = opendir(path);
    if (directory == NULL) {
        answer(client, errno, NULL, 0);
        return;
    }
    FILE *text = open_memstream(&names, &size);
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        if (entry->d_name[0] != '.') {
            fprintf(text, "%s\n", entry->d_name);
        }
    }
    closedir(directory);
    fclose(text);
    answer(client, 0, names, size);
    free(names);
}

static void read_clock(FILE *client, const char *pid) {
    clockid_t clock;
    struct timespec time;
    int error = clock_getcpuclockid(atoi(pid), &clock);
    if (error == 0 && clock_gettime(clock, &time) != 0) {
        error = errno;
    }
    char text[32];
    int size = error != 0
                   ? 0
                   : snprintf(text, sizeof text, "%lld", time.tv_sec * 1000000000LL + time.tv_nsec);
    answer(client, error, text, (size_t)size);
}

static void send_frame(int client, char type, const char *bytes, uint32_t size) {
    char head[5] = {type, (char)size, (char)(size >> 8), (char)(size >> 16), (char)(size >> 24)};
    send_all(client, head, sizeof head);
    send_all(client, bytes, size);
}

/* Passes bytes on until the program has closed both outputs. */
static void relay(int client, int in, const int outputs[2], pid_t program) {
    char bytes[1 << 16];
    struct pollfd from[] = {{outputs[0], POLLIN, 0}, {outputs[1], POLLIN, 0}, {client, POLLIN, 0}};
    while (from[0].fd >= 0 || from[1].fd >= 0) {
        if (poll(from, 3, -1) < 0) {
            continue;
        }
        for (int i = 0; i < 2; i++) {
            if (from[i].fd >= 0 && from[i].revents != 0) {
                ssize_t n = read(from[i].fd, bytes, sizeof bytes);
                if (n > 0) {
                    send_frame(client, (char)(i + 1), bytes, (uint32_t)n);
                } else {
                    from[i].fd = -1;
                }
            }
        }
        if (from[2].fd >= 0 && from[2].revents != 0) {
            ssize_t n = read(client, bytes, sizeof bytes);
            if (n <= 0) {
                kill(program, SIGKILL);
                from[2].fd = -1;
            } else if (write(in, bytes, (size_t)n) != n) {
                from[2].fd = -1; /* the program reads no more */
            }
        }
    }
}

static char *next_string(FILE *client) {
    char *string = NULL;
    size_t capacity = 0;
    if (getdelim(&string, &capacity, 0, client) < 0) {
        _exit(1);
    }
    return string;
}

static void run_program(FILE *client, int count) {
    char **strings = calloc((size_t)count + 1, sizeof *strings);
    for (int i = 0; i < count; i++) {
        strings[i] = next_string(client);
    }
    int in[2], out[2], err[2];
    if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0) {
        _exit(1);
    }
    pid_t program = fork();
    if (program == 0) {
        dup2(in[0], 0);
        dup2(out[1], 1);
        dup2(err[1], 2);
        signal(SIGPIPE, SIG_DFL);
        if (chdir(strings[0]) != 0) {
            perror(strings[0]);
        } else {
            execvp(strings[1], strings + 1);
            perror(strings[1]);
        }
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    close(err[1]);
    dprintf(fileno(client), "%d\n", (int)program);
    relay(fileno(client), in[1], (int[]){out[0], err[0]}, program);
    int status = 0;
    while (waitpid(program, &status, 0) < 0 && errno == EINTR) {
    }
    char text[16];
    int size = snprintf(text, sizeof text, "%d",
                        WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    send_frame(fileno(client), 0, text, (uint32_t)size);
    _exit(0);
}

static void serve(int connection) {
    FILE *client = fdopen(connection, "r");
    setvbuf(client, NULL, _IONBF, 0); /* what follows a `run` belongs to the program */
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length;
    while ((length = getline(&line, &capacity, client)) > 5) {
        line[length - 1] = '\0';
        if (strncmp(line, "read ", 5) == 0) {
            read_file(client, line + 5);
        } else if (strncmp(line, "list ", 5) == 0) {
            list_directory(client, line + 5);
        } else if (strncmp(line, "clock ", 6) == 0) {
            read_clock(client, line + 6);
        } else if (strncmp(line, "run ", 4) == 0) {
            run_program(client, atoi(line + 4));
        } else {
            answer(client, EINVAL, NULL, 0);
        }
    }
    _exit(0);
}

/* Arguments: the address and the port to listen at. */
int main(int count, char **arguments) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    int on = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (count != 3 || inet_pton(AF_INET, arguments[1], &address.sin_addr) != 1) {
        return 2;
    }
    address.sin_port = htons((uint16_t)atoi(arguments[2]));
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, 16) != 0) {
        perror("machine_server");
        return 1;
    }
    signal(SIGPIPE, SIG_IGN);
    while (1) {
        int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        while (waitpid(-1, NULL, WNOHANG) > 0) {
        }
        if (connection >= 0) {
            if (fork() == 0) {
                serve(connection);
            }
            close(connection);
        }
    }
}
