package io.spprof.it.load;

import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.zip.Adler32;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import java.util.zip.Checksum;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * A load that spends its time in assembly stubs for ciphers, digests, big numbers and Math.
 * Compiled code calls these stubs as leaf functions.
 */
public final class Intrinsics {

  private static final String[] DIGESTS = {"MD5", "SHA-1", "SHA-256", "SHA-512", "SHA3-256"};

  private Intrinsics() {}

  /** Takes no arguments. */
  public static void main(String[] args) throws IOException {
    Loads.serve(
        random -> {
          byte[] data = new byte[20_000];
          new Random(random.nextLong()).nextBytes(data);
          return ciphers(data) + digests(data) + bigNumbers(random) + math(random);
        });
  }

  private static long ciphers(byte[] data) throws GeneralSecurityException {
    SecretKeySpec key = new SecretKeySpec(data, 0, 16, "AES");
    IvParameterSpec iv = new IvParameterSpec(data, 16, 16);
    long sum = crypt("AES/ECB/NoPadding", key, null, data, 16_000);
    sum += crypt("AES/CBC/PKCS5Padding", key, iv, data, 20_000);
    sum += crypt("AES/CTR/NoPadding", key, iv, data, 20_000);
    sum += crypt("AES/GCM/NoPadding", key, new GCMParameterSpec(128, data, 32, 12), data, 20_000);
    sum +=
        crypt(
            "ChaCha20-Poly1305",
            new SecretKeySpec(data, 0, 32, "ChaCha20"),
            new IvParameterSpec(data, 32, 12),
            data,
            20_000);
    return sum;
  }

  private static long crypt(
      String name,
      SecretKeySpec key,
      java.security.spec.AlgorithmParameterSpec parameters,
      byte[] data,
      int length)
      throws GeneralSecurityException {
    Cipher to = Cipher.getInstance(name);
    to.init(Cipher.ENCRYPT_MODE, key, parameters);
    byte[] secret = to.doFinal(data, 0, length);
    Cipher from =
        Cipher.getInstance(name); // a new object, because one Cipher refuses to use a nonce twice
    from.init(Cipher.DECRYPT_MODE, key, parameters);
    return from.doFinal(secret).length;
  }

  private static long digests(byte[] data) throws GeneralSecurityException {
    long sum = 0;
    for (String name : DIGESTS) {
      sum += MessageDigest.getInstance(name).digest(data)[0];
    }
    for (Checksum checksum : new Checksum[] {new CRC32(), new CRC32C(), new Adler32()}) {
      for (int i = 0; i < 10; i++) {
        checksum.update(data, i, data.length - i);
      }
      sum += checksum.getValue();
    }
    return sum + Base64.getDecoder().decode(Base64.getEncoder().encode(data)).length;
  }

  private static long bigNumbers(SplittableRandom random) {
    Random bits = new Random(random.nextLong());
    BigInteger a = new BigInteger(2_048, bits);
    BigInteger b = new BigInteger(2_048, bits).setBit(0);
    BigInteger product = a.multiply(b).add(a.multiply(a)).shiftRight(17).xor(b.shiftLeft(5));
    BigInteger power = a.modPow(BigInteger.valueOf(65_537), b);
    BigInteger many = new BigInteger(20_000, bits);
    return product.mod(b).bitCount() + power.bitLength() + many.multiply(many).bitCount();
  }

  private static long math(SplittableRandom random) {
    double sum = 0;
    long high = 1;
    for (int i = 1; i < 3_000; i++) {
      double x = random.nextDouble() * 1e6;
      sum += Math.sin(x) + Math.cos(x) + Math.tan(x) + Math.log(x) + Math.log10(x);
      sum += Math.pow(x, 0.3) + Math.exp(-x) + Math.sqrt(x) + Math.fma(x, x, 1) + Math.cbrt(x);
      sum += x % 3.7; // fprem has its own stub
      high = Math.multiplyHigh(high | i, random.nextLong()) + (long) sum;
    }
    return high;
  }
}
