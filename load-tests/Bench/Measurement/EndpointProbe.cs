using System.Net.Sockets;

namespace StoryPortal.Bench.Measurement;

/// <summary>Waits until a server accepts connections.</summary>
internal static class EndpointProbe
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    /// <summary>Returns when a process listens at <paramref name="address"/>.</summary>
    /// <exception cref="MeasurementFailedException">No process listens there within 20 s.</exception>
    public static async Task WaitAsync(Uri address, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Timeout);
        try
        {
            while (!await AcceptsAsync(address, deadline.Token))
            {
                await Task.Delay(Interval, deadline.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new MeasurementFailedException($"No process listens at {address}.");
        }
    }

    private static async Task<bool> AcceptsAsync(Uri address, CancellationToken cancellationToken)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(address.Host, address.Port, cancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
