package io.spprof.symbol.elf;

import java.io.IOException;

/** Says that a file is not the ELF file that was wanted, or is damaged. */
final class ElfException extends IOException {

  private static final long serialVersionUID = 1;

  ElfException(String message) {
    super(message);
  }
}
