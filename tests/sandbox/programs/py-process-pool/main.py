import concurrent.futures
import multiprocessing
import os
import time

from probe import done, expect

if __name__ == "__main__":
    pool = concurrent.futures.ProcessPoolExecutor(3, mp_context=multiprocessing.get_context("fork"))
    futures = [pool.submit(time.sleep, 60) for _ in range(3)]
    time.sleep(0.2)
    expect("no process", all(not future.done() for future in futures))
    done()
    os._exit(0)
