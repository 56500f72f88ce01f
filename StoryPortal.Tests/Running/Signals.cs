using System.Diagnostics;
using System.Globalization;

namespace StoryPortal.Tests.Running;

/// <summary>Signals to processes.</summary>
internal static class Signals
{
    /// <summary>Sends <paramref name="signal"/>, such as <c>KILL</c>; a process that has just ended is no error.</summary>
    public static async Task SendAsync(string signal, params IEnumerable<int> processes)
    {
        // The shell's own kill: small images have no other.
        var ids = string.Join(' ', processes.Select(id => id.ToString(CultureInfo.InvariantCulture)));
        using var kill = Process.Start(new ProcessStartInfo("bash", ["-c", $"kill -{signal} {ids}"]) { RedirectStandardError = true })!;
        await kill.StandardError.ReadToEndAsync();
        await kill.WaitForExitAsync();
    }
}
