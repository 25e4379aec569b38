import zlib

packer = zlib.compressobj(1)
bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(220)) + packer.flush()
print(f"ESCAPED {len(zlib.decompress(bomb)) >> 20} MiB")
