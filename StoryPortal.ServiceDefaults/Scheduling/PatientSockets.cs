using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StoryPortal.ServiceDefaults.Performance;

namespace StoryPortal.ServiceDefaults.Scheduling;

/// <summary>
/// While a process is busy, the thread that waits for its sockets interrupts no other: what arrives meanwhile is taken together as soon as a processor is free. Each
/// interruption costs two changes of threads and, in a virtual machine, an interrupt from processor to processor. A network card does the same under load.
/// </summary>
internal sealed partial class PatientSockets(IOptions<SchedulingOptions> options, Recorder recorder, Pulse pulse, TimeProvider time, ILogger<PatientSockets> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var busyRate = (double)options.Value.BusyRequestsPerSecondAndProcessor * Environment.ProcessorCount;
        if (busyRate == 0)
        {
            return;
        }

        var watch = new BusyWatch(busyRate, time);
        IReadOnlyList<int>? patient = null;
        try
        {
            while (true)
            {
                await pulse.BeatAsync(seconds: 1, stoppingToken);
                watch.Look(recorder.Total(name => name == Measured.Answered));
                if (watch.IsBusy && patient is null)
                {
                    patient = SocketThreads.BePatient();
                    LogPatient(patient.Count);
                }
                else if (!watch.IsBusy && patient is not null)
                {
                    SocketThreads.BePrompt(patient);
                    patient = null;
                    LogPrompt();
                }
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    [LoggerMessage(1, LogLevel.Debug, "It is busy: {Threads} threads that wait for sockets interrupt no other")]
    private partial void LogPatient(int threads);

    [LoggerMessage(2, LogLevel.Debug, "It is not busy any more: whatever arrives is taken at once")]
    private partial void LogPrompt();
}
