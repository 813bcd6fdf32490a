/* The first process of emulate_amx.sh's machine: runs the tests, says how they ended, restarts.
 * As first come, first served threads, so that none is put aside while its tiles hold something:
 * that machine does not save them. */
#include <sched.h>
#include <stdio.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
    const struct sched_param priority = {.sched_priority = 1};
    int status = -1;
    const pid_t pid = fork();
    if (pid == 0) {
        if (sched_setscheduler(0, SCHED_FIFO, &priority) == 0)
            execl("/iiq_tests", "iiq_tests", (char*)NULL);
        _exit(127);
    }
    waitpid(pid, &status, 0);
    printf("tests ended with %d\n", status);
    fflush(stdout);
    sleep(1);
    return reboot(RB_AUTOBOOT);
}
