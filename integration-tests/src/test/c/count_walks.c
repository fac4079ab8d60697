/*
 * A plugin of qemu's user emulation (version 1 of its interface, qemu 7 and 8).
 * Counts the instructions that the emulated program executes in functions of
 * one library, and the calls of one of them. native/walk-instructions.sh uses
 * it for the walker. Arguments:
 *
 *   library=NAME     a part of the name under which the library is mapped
 *   functions=FILE   a line for each function: its address in the library and
 * its size, as 0x... called=ADDRESS   the function whose calls are counted
 *
 * qemu translates code before it runs. So the mappings are read again until the
 * library is there.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* qemu-plugin.h is in no package of Debian 12. */
typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum { ADD_U64 = 0 };
void qemu_plugin_register_vcpu_tb_trans_cb(
    qemu_plugin_id_t id,
    void (*callback)(qemu_plugin_id_t, struct qemu_plugin_tb *));
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id,
                                    void (*callback)(qemu_plugin_id_t, void *),
                                    void *context);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
struct qemu_plugin_insn *
qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *block, size_t index);
void *qemu_plugin_insn_haddr(const struct qemu_plugin_insn *instruction);
void qemu_plugin_register_vcpu_insn_exec_inline(
    struct qemu_plugin_insn *instruction, int operation, void *counter,
    uint64_t summand);
__attribute__((visibility("default"))) int qemu_plugin_version = 1;

#define MOST_FUNCTIONS 1000
#define TRANSLATIONS_A_LOOK 200

static struct { uint64_t begin, size; } functions[MOST_FUNCTIONS];
static int count;
static uint64_t instructions, calls;
static uint64_t called, base, translations;
static const char *library = "";

static void find_library(void) {
  FILE *maps = fopen("/proc/self/maps", "r");
  char line[1024];
  unsigned long begin, end, offset;
  while (base == 0 && maps != NULL && fgets(line, sizeof line, maps) != NULL) {
    if (strstr(line, library) != NULL && strstr(line, ".jar") == NULL &&
        sscanf(line, "%lx-%lx %*s %lx", &begin, &end, &offset) == 3) {
      base = begin - offset;
    }
  }
  if (maps != NULL) {
    fclose(maps);
  }
}

static void translate(qemu_plugin_id_t id, struct qemu_plugin_tb *block) {
  (void)id;
  if (base == 0 && translations++ % TRANSLATIONS_A_LOOK == 0) {
    find_library();
  }
  for (size_t i = 0; base != 0 && i < qemu_plugin_tb_n_insns(block); i++) {
    struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, i);
    uint64_t at = (uintptr_t)qemu_plugin_insn_haddr(instruction) - base;
    for (int f = 0; f < count; f++) {
      if (at - functions[f].begin < functions[f].size) {
        qemu_plugin_register_vcpu_insn_exec_inline(instruction, ADD_U64,
                                                   &instructions, 1);
      }
    }
    if (at == called) {
      qemu_plugin_register_vcpu_insn_exec_inline(instruction, ADD_U64, &calls,
                                                 1);
    }
  }
}

static void report(qemu_plugin_id_t id, void *context) {
  (void)id, (void)context;
  fprintf(stderr, "%llu instructions in %llu walks\n",
          (unsigned long long)instructions, (unsigned long long)calls);
}

__attribute__((visibility("default"))) int
qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc,
                    char **argv) {
  (void)info;
  for (int i = 0; i < argc; i++) {
    char *value = strchr(argv[i], '=');
    if (value == NULL) {
      return 1;
    }
    *value++ = '\0';
    if (strcmp(argv[i], "library") == 0) {
      library = strdup(value);
    } else if (strcmp(argv[i], "called") == 0) {
      called = strtoull(value, NULL, 0);
    } else {
      unsigned long begin, size;
      FILE *file = fopen(value, "r");
      while (file != NULL && count < MOST_FUNCTIONS &&
             fscanf(file, "%lx %lx%*[^\n]", &begin, &size) == 2) {
        functions[count].begin = begin;
        functions[count++].size = size;
      }
    }
  }
  qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
  qemu_plugin_register_atexit_cb(id, report, NULL);
  return count == 0;
}
