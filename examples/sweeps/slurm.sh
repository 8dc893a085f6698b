#!/bin/sh
# An array job: sbatch slurm.sh, in a folder that all nodes see, with database.yaml in it.
# Afterwards `npx virtio-mem sweep merge results` prints the table.
#SBATCH --job-name=sweep
#SBATCH --array=0-31
#SBATCH --cpus-per-task=4
#SBATCH --requeue
srun npx virtio-mem sweep database.yaml --vary guest.autoMovableRatio=101,301,600 --seeds 100 \
  --shard auto --threads "$SLURM_CPUS_PER_TASK" --results results
